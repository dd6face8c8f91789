from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "piepowder.appeals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.appeals import options  # noqa: F401  (declares what can be chosen)
        from piepowder.appeals.kinds_of_letter import KINDS
        from piepowder.correspondence.events import declare

        declare(*KINDS)
