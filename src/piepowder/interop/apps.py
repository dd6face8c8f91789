from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "piepowder.interop"
    default_auto_field = "django.db.models.BigAutoField"
