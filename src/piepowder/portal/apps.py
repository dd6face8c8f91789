from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "piepowder.portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.portal import options  # noqa: F401  (declares what can be chosen)
