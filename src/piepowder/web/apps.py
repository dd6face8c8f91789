from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "piepowder.web"
    default_auto_field = "django.db.models.BigAutoField"
