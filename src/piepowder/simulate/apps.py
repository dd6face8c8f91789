from django.apps import AppConfig


class SimulateConfig(AppConfig):
    name = "piepowder.simulate"
    default_auto_field = "django.db.models.BigAutoField"
