from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "piepowder.access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.access import account_options, preferences  # noqa: F401  (declare what can be chosen)
