from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "piepowder.portal"
    default_auto_field = "django.db.models.BigAutoField"
