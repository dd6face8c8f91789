from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "piepowder.duties"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.duties import law, people  # noqa: F401  (declare letters and clocks)
