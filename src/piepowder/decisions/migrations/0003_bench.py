"""Panels, approvals, templates; the triggers stand aside while SQLite rebuilds the table and hold the new columns too."""

from importlib import import_module

import django.db.models.deletion
import piepowder.kernel.ids
from django.conf import settings
from django.db import migrations, models

from piepowder.database.triggers import frozen_columns, undone


before = import_module("piepowder.decisions.migrations.0002_triggers")


class Migration(migrations.Migration):

    dependencies = [
        ('decisions', '0002_triggers'),
        ('intake', '0002_bench'),
        ('review', '0003_bench'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(before.unexplain, before.explain),
        undone(frozen_columns("decisions_decision", before.DECISION.split())),
        migrations.CreateModel(
            name='ActionMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('family', models.CharField(choices=[('visibility', 'visibility'), ('monetary', 'monetary'), ('provision', 'provision of the service'), ('account', 'account')], max_length=10)),
                ('measure', models.CharField(max_length=40)),
                ('kind', models.CharField(blank=True, max_length=12)),
                ('action', models.CharField(max_length=100)),
                ('parameters', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'ordering': ['family', 'measure', 'kind'],
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('vendor', models.CharField(max_length=40)),
                ('ruling', models.JSONField(default=dict)),
                ('facts', models.TextField(blank=True)),
                ('opened_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='BatchLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('facts', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('planned', 'planned'), ('decided', 'decided'), ('opined', 'opinion given'), ('proposed', 'awaiting approval'), ('skipped', 'skipped')], default='planned', max_length=8)),
                ('left_out', models.BooleanField(default=False)),
                ('problem', models.CharField(blank=True, max_length=40)),
                ('detail', models.CharField(blank=True, max_length=500)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['batch', 'position'],
            },
        ),
        migrations.CreateModel(
            name='FactsTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('policy_code', models.CharField(max_length=40)),
                ('language', models.CharField(max_length=10)),
                ('title', models.CharField(max_length=100)),
                ('text', models.TextField()),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['policy_code', 'language', 'position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Opinion',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('vendor', models.CharField(max_length=40)),
                ('ruling', models.JSONField()),
                ('outcome', models.CharField(choices=[('no_violation', 'no violation'), ('violation', 'violation')], max_length=12)),
                ('policy_code', models.CharField(blank=True, max_length=40)),
                ('handling_ms', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Panel',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('opinions', models.PositiveSmallIntegerField()),
                ('agreeing', models.PositiveSmallIntegerField()),
                ('asked', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('open', 'waiting for opinions'), ('agreed', 'agreed'), ('split', 'opinions differ'), ('void', 'no longer needed')], default='open', max_length=6)),
                ('opened_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('vendor', models.CharField(max_length=40)),
                ('ruling', models.JSONField()),
                ('why', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('pending', 'awaiting approval'), ('approved', 'approved'), ('sent_back', 'sent back'), ('void', 'no longer needed')], default='pending', max_length=10)),
                ('handling_ms', models.PositiveIntegerField()),
                ('proposed_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('urgent', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['proposed_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='decision',
            name='approver',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions_approved', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='decision',
            name='batch',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='decision',
            name='facts_key',
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('facts_key', ''), _negated=True), fields=['facts_key', '-decided_at'], name='decision_by_facts'),
        ),
        migrations.AddConstraint(
            model_name='actionmapping',
            constraint=models.UniqueConstraint(fields=('family', 'measure', 'kind'), name='mapping_once'),
        ),
        migrations.AddField(
            model_name='batch',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='batchline',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='decisions.batch'),
        ),
        migrations.AddField(
            model_name='batchline',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.case'),
        ),
        migrations.AddField(
            model_name='batchline',
            name='decision',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='decisions.decision'),
        ),
        migrations.AddField(
            model_name='batchline',
            name='snapshot',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='intake.snapshot'),
        ),
        migrations.AddConstraint(
            model_name='factstemplate',
            constraint=models.UniqueConstraint(fields=('policy_code', 'language', 'title'), name='facts_template_once'),
        ),
        migrations.AddField(
            model_name='opinion',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='review.case'),
        ),
        migrations.AddField(
            model_name='opinion',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='panel',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='panels', to='review.case'),
        ),
        migrations.AddField(
            model_name='panel',
            name='decision',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='panel', to='decisions.decision'),
        ),
        migrations.AddField(
            model_name='opinion',
            name='panel',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='given', to='decisions.panel'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='review.case'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='decision',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposal', to='decisions.decision'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='proposer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposal',
            name='settled_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='batchline',
            constraint=models.UniqueConstraint(fields=('batch', 'case'), name='case_once_per_batch'),
        ),
        migrations.AddConstraint(
            model_name='batchline',
            constraint=models.UniqueConstraint(fields=('batch', 'position'), name='line_position'),
        ),
        migrations.AddConstraint(
            model_name='panel',
            constraint=models.UniqueConstraint(fields=('case', 'round'), name='panel_round'),
        ),
        migrations.AddConstraint(
            model_name='panel',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'split'])), fields=('case',), name='one_panel_sits'),
        ),
        migrations.AddConstraint(
            model_name='panel',
            constraint=models.CheckConstraint(condition=models.Q(('agreeing__gte', 1), ('agreeing__lte', models.F('opinions'))), name='panel_agreeing_within_opinions'),
        ),
        migrations.AddConstraint(
            model_name='opinion',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('panel', 'user'), name='opinion_once'),
        ),
        migrations.AddIndex(
            model_name='proposal',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['proposed_at', 'id'], name='proposal_pending'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'pending')), fields=('case',), name='one_pending_proposal_per_case'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('settled_by', models.F('proposer')), _negated=True), _connector='OR'), name='nobody_approves_their_own'),
        ),
        frozen_columns("decisions_decision", [*before.DECISION.split(), "facts_key", "approver_id", "batch"]),
        migrations.RunPython(before.explain, before.unexplain),
        frozen_columns("decisions_opinion", "id panel_id case_id user_id vendor ruling outcome policy_code handling_ms at".split()),
    ]
