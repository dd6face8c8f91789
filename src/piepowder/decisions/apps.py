from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "piepowder.decisions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from piepowder.decisions import options  # noqa: F401  (declares what can be chosen)
