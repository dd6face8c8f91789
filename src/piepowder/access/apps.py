from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "piepowder.access"
    default_auto_field = "django.db.models.BigAutoField"
