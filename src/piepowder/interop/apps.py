from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "piepowder.interop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.interop import options  # noqa: F401  (declares what can be chosen)
