"""Prepares Label Studio for the race, run by its own interpreter: ``reviewing_peer.py prepare PEOPLE PASSWORD < tasks.json``.

Makes the database, an organisation with so many people, one project in which each task is labelled once, and the tasks;
prints what the clients need as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

LABELS = """<View>
  <Header value="$title"/><Text name="text" value="$description"/><Image name="image" value="$image"/>
  <Choices name="outcome" toName="text" choice="single"><Choice value="no_violation"/><Choice value="violation"/></Choices>
  <TextArea name="facts" toName="text"/>
</View>"""


def main(people: int, password: str) -> None:
    import label_studio

    sys.path.insert(0, str(Path(label_studio.__file__).parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings.label_studio")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from organizations.models import Organization
    from projects.models import Project
    from tasks.models import Task
    from users.models import User

    users = [User.objects.create_user(email=f"p{number}@peer.test", password=password) for number in range(people)]
    organization = Organization.create_organization(created_by=users[0], title="Race")
    for user in users:
        if user is not users[0]:
            organization.add_user(user)
        user.active_organization = organization
        user.save()
    project = Project.objects.create(
        title="Race", created_by=users[0], organization=organization, label_config=LABELS, maximum_annotations=1,
        is_published=True,
    )  # fmt: skip
    tasks = json.load(sys.stdin)
    Task.objects.bulk_create(
        [Task(data=data, project=project, overlap=1, inner_id=number) for number, data in enumerate(tasks, 1)]
    )
    call_command("collectstatic", interactive=False, verbosity=0)
    print(json.dumps({"project": project.pk, "version": version("label-studio")}))


if __name__ == "__main__":
    main(int(sys.argv[2]), sys.argv[3])
