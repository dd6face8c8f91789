from django.apps import AppConfig


class StandingConfig(AppConfig):
    name = "piepowder.standing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.correspondence.events import declare
        from piepowder.standing.letters import KINDS

        declare(*KINDS)
