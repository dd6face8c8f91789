from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "piepowder.decisions"
    default_auto_field = "django.db.models.BigAutoField"
