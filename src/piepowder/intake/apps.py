from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "piepowder.intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.intake import options  # noqa: F401  (declares what can be chosen)
