import django.db.models.deletion
import piepowder.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0002_bench'),
        ('review', '0002_triggers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Allowance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('in_hand', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('skips_a_day', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('exposure_minutes', models.JSONField(blank=True, default=dict)),
                ('four_eyes', models.JSONField(blank=True, default=list)),
                ('lifted_on', models.DateField(blank=True, null=True)),
                ('lifted_reason', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='Exposure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('severity', models.PositiveSmallIntegerField()),
                ('cases', models.PositiveIntegerField(default=0)),
                ('seconds', models.PositiveIntegerField(default=0)),
                ('revealed', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Mark',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('vendor', models.CharField(max_length=40)),
                ('media', models.CharField(blank=True, max_length=64)),
                ('at_ms', models.PositiveBigIntegerField()),
                ('until_ms', models.PositiveBigIntegerField(blank=True, null=True)),
                ('text', models.CharField(blank=True, max_length=300)),
                ('marked_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at_ms', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('about_kind', models.CharField(choices=[('case', 'this case'), ('seller', 'the seller'), ('email', 'the e-mail address'), ('device', 'the device')], max_length=8)),
                ('about_ref', models.CharField(max_length=200)),
                ('vendor', models.CharField(max_length=40)),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('to', models.CharField(choices=[('seller', 'the seller'), ('policy', 'the policy team'), ('legal', 'legal'), ('lead', 'the team lead'), ('other', 'somebody else')], max_length=12)),
                ('text', models.TextField()),
                ('vendor', models.CharField(max_length=40)),
                ('asked_at', models.DateTimeField()),
                ('answer', models.TextField(blank=True)),
                ('answered_by', models.CharField(blank=True, max_length=80)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['asked_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RoutingDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('base', models.PositiveIntegerField()),
                ('rules', models.JSONField()),
                ('saved_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='one_active_case_per_item',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='case_lane_rank',
        ),
        migrations.RemoveIndex(
            model_name='case',
            name='case_lane_market_rank',
        ),
        migrations.AddField(
            model_name='case',
            name='reserved_for',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases_reserved', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='case',
            name='reserved_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='split_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='lease',
            name='ahead',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='lease',
            name='number',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='lease',
            name='shown_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='lease',
            name='shown_s',
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name='queue',
            name='adjudicates_to',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.queue'),
        ),
        migrations.AddField(
            model_name='queue',
            name='agreeing',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='queue',
            name='opinions',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='queue',
            name='preempts',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='queue',
            name='shows_enforcement',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='skip',
            name='kind',
            field=models.CharField(choices=[('skipped', 'skipped'), ('opined', 'opinion given')], default='skipped', max_length=8),
        ),
        migrations.AlterField(
            model_name='case',
            name='state',
            field=models.CharField(choices=[('open', 'waiting'), ('claimed', 'in progress'), ('held', 'on hold'), ('proposed', 'awaiting approval'), ('decided', 'decided'), ('closed', 'closed without decision')], default='open', max_length=8),
        ),
        migrations.AlterField(
            model_name='caseevent',
            name='kind',
            field=models.CharField(choices=[('opened', 'opened'), ('offered', 'offered'), ('claimed', 'claimed'), ('viewed', 'first viewed'), ('released', 'released'), ('expired', 'lease expired'), ('skipped', 'skipped'), ('transferred', 'transferred'), ('escalated', 'escalated'), ('held', 'put on hold'), ('resumed', 'resumed'), ('report_joined', 'report joined'), ('snapshot_arrived', 'newer snapshot arrived'), ('reprioritised', 'severity changed'), ('breached', 'late'), ('decided', 'decided'), ('reopened', 'reopened'), ('closed', 'closed without decision'), ('noted', 'note'), ('opined', 'opinion given'), ('split', 'opinions differ'), ('proposed', 'decision proposed'), ('sent_back', 'proposal sent back'), ('answered', 'answer received'), ('assigned', 'assigned')], max_length=16),
        ),
        migrations.AlterField(
            model_name='lease',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='leases', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='skip',
            name='reason',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('reserved_for__isnull', True), ('state', 'open')), fields=['lane', 'rank', 'id', 'severity'], name='case_lane_rank'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('reserved_for__isnull', True), ('state', 'open')), fields=['lane', 'market', 'rank', 'id', 'severity'], name='case_lane_market_rank'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('reserved_for__isnull', False)), fields=['reserved_for', 'reserved_until'], name='case_reserved'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'claimed', 'held', 'proposed'])), fields=('item',), name='one_active_case_per_item'),
        ),
        migrations.AddConstraint(
            model_name='lease',
            constraint=models.UniqueConstraint(fields=('user', 'number'), name='lease_number_once'),
        ),
        migrations.AddConstraint(
            model_name='lease',
            constraint=models.UniqueConstraint(condition=models.Q(('ahead', True)), fields=('user',), name='one_lease_ahead'),
        ),
        migrations.AddConstraint(
            model_name='queue',
            constraint=models.CheckConstraint(condition=models.Q(('agreeing__gte', 1), ('agreeing__lte', models.F('opinions'))), name='agreeing_within_opinions'),
        ),
        migrations.AddField(
            model_name='allowance',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='allowance', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='exposure',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exposures', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='mark',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='mark',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='review.case'),
        ),
        migrations.AddField(
            model_name='mention',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='note',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='note',
            name='case',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='review.case'),
        ),
        migrations.AddField(
            model_name='mention',
            name='note',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='review.note'),
        ),
        migrations.AddField(
            model_name='question',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='question',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='review.case'),
        ),
        migrations.AddField(
            model_name='routingdraft',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='routing_draft', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='exposure',
            constraint=models.UniqueConstraint(fields=('user', 'on', 'severity'), name='exposure_per_day'),
        ),
        migrations.AddIndex(
            model_name='note',
            index=models.Index(fields=['about_kind', 'about_ref', 'at'], name='note_about'),
        ),
        migrations.AddIndex(
            model_name='mention',
            index=models.Index(condition=models.Q(('seen_at__isnull', True)), fields=['user'], name='mention_unseen'),
        ),
        migrations.AddConstraint(
            model_name='mention',
            constraint=models.UniqueConstraint(fields=('note', 'user'), name='mention_once'),
        ),
    ]
