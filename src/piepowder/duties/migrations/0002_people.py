"""Holds, traders, terminations, informed buyers, retention and erasure."""

import django.db.models.deletion
import piepowder.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('decisions', '0006_settled_line'),
        ('duties', '0001_initial'),
        ('intake', '0004_pause'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BuyersInformed',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('market', models.CharField(max_length=10)),
                ('state', models.CharField(choices=[('collecting', 'collecting buyers'), ('sending', 'being told'), ('done', 'all told'), ('correcting', 'being corrected'), ('corrected', 'corrected'), ('dropped', 'called off')], default='collecting', max_length=10)),
                ('product', models.CharField(max_length=300)),
                ('trader', models.TextField(blank=True)),
                ('redress', models.TextField()),
                ('learned_at', models.DateTimeField()),
                ('bought_since', models.DateField()),
                ('due_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField(blank=True, null=True)),
                ('notice', models.TextField(blank=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('published_url', models.CharField(blank=True, max_length=500)),
                ('opened_by', models.CharField(max_length=80)),
                ('opened_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='buyers_informed', to='decisions.decision')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='intake.item')),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Buyer',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('order_ref', models.CharField(max_length=200)),
                ('buyer_ref', models.CharField(blank=True, max_length=200)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('language', models.CharField(max_length=10)),
                ('bought_on', models.DateField()),
                ('state', models.CharField(choices=[('waiting', 'to be told'), ('told', 'told'), ('no_contact', 'no contact known'), ('corrected', 'corrected')], default='waiting', max_length=10)),
                ('letter', models.UUIDField(blank=True, null=True)),
                ('told_at', models.DateTimeField(blank=True, null=True)),
                ('correction', models.UUIDField(blank=True, null=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='buyers', to='duties.buyersinformed')),
            ],
            options={
                'ordering': ['campaign', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('subject_kind', models.CharField(choices=[('seller', 'seller'), ('reporter', 'reporter'), ('buyer', 'buyer'), ('rights_owner', 'rights owner'), ('staff', 'person who worked here')], max_length=12)),
                ('subject_ref', models.CharField(blank=True, max_length=200)),
                ('addresses', models.JSONField(default=list)),
                ('asked_by', models.CharField(choices=[('person', 'the person'), ('marketplace', 'the marketplace'), ('authority', 'an authority'), ('house', 'the organisation itself')], max_length=12)),
                ('state', models.CharField(choices=[('requested', 'asked for'), ('running', 'being erased'), ('partly', 'erased but for what must stay'), ('done', 'erased'), ('refused', 'refused')], default='requested', max_length=10)),
                ('requested_at', models.DateTimeField()),
                ('requested_by', models.CharField(max_length=80)),
                ('due_on', models.DateField()),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('emptied', models.JSONField(default=list)),
                ('stays', models.JSONField(default=list)),
                ('proof', models.JSONField(default=dict)),
                ('refused_why', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['-requested_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('erased_at__isnull', True)), fields=['due_on'], name='erasure_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('refused_why', ''), _negated=True), _connector='OR'), name='refused_erasure_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(('addresses', []), ('erased_at__isnull', False)), _connector='OR'), name='done_erasure_is_empty')],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('seller', 'seller'), ('reporter', 'reporter'), ('item', 'item'), ('case', 'case'), ('report', 'report'), ('order', 'order'), ('threat', 'threat to life')], max_length=8)),
                ('ref', models.CharField(max_length=200)),
                ('reason', models.CharField(max_length=500)),
                ('source', models.CharField(default='person', max_length=40)),
                ('until', models.DateField(blank=True, null=True)),
                ('placed_at', models.DateTimeField()),
                ('placed_by', models.CharField(max_length=80)),
                ('released_at', models.DateTimeField(blank=True, null=True)),
                ('released_by', models.CharField(blank=True, max_length=80)),
                ('released_why', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['-placed_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('released_at__isnull', True)), fields=['kind', 'ref'], name='hold_by_ref')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ref', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='hold_says_what_and_why')],
            },
        ),
        migrations.CreateModel(
            name='RetentionChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=60)),
                ('pack', models.CharField(blank=True, max_length=40)),
                ('months', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('from_on', models.DateField()),
                ('set_at', models.DateTimeField()),
                ('set_by', models.CharField(max_length=80)),
            ],
            options={
                'ordering': ['code', '-from_on', '-id'],
                'indexes': [models.Index(fields=['code', '-from_on'], name='retention_choice_by_code')],
            },
        ),
        migrations.CreateModel(
            name='RetentionRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('before', models.DateTimeField()),
                ('emptied', models.PositiveIntegerField()),
                ('held', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['-at', '-id'], name='retention_run_by_time')],
            },
        ),
        migrations.CreateModel(
            name='Termination',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('seller_ref', models.CharField(max_length=200)),
                ('market', models.CharField(max_length=10)),
                ('policy_code', models.CharField(max_length=40)),
                ('ground', models.CharField(max_length=10)),
                ('facts', models.TextField()),
                ('exception', models.CharField(blank=True, choices=[('', 'none: thirty days pass'), ('legal_duty', 'a legal or regulatory duty to end it without that notice'), ('imperative', 'an imperative reason under national law'), ('repeated', 'repeated infringement of our terms')], max_length=12)),
                ('exception_reason', models.TextField(blank=True)),
                ('exception_evidence', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('announced', 'announced'), ('effective', 'in effect'), ('called_off', 'called off'), ('reinstated', 'reinstated')], default='announced', max_length=10)),
                ('informed_at', models.DateTimeField()),
                ('earliest_at', models.DateTimeField()),
                ('effective_at', models.DateTimeField()),
                ('rule', models.CharField(blank=True, max_length=80)),
                ('letter', models.UUIDField(blank=True, null=True)),
                ('problem', models.CharField(blank=True, max_length=40)),
                ('kept_until', models.DateField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('called_off_why', models.CharField(blank=True, max_length=500)),
                ('announced_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decision', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='decisions.decision')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='intake.item')),
            ],
            options={
                'ordering': ['-informed_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Trader',
            fields=[
                ('id', models.UUIDField(default=piepowder.kernel.ids.new_id, primary_key=True, serialize=False)),
                ('seller_ref', models.CharField(max_length=200, unique=True)),
                ('kind', models.CharField(choices=[('individual', 'individual'), ('company', 'company')], default='company', max_length=10)),
                ('market', models.CharField(max_length=10)),
                ('language', models.CharField(max_length=10)),
                ('packs', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('requested', 'asked for'), ('given', 'to be checked'), ('verified', 'verified'), ('remedy', 'to be put right'), ('certifying', 'to be confirmed'), ('suspended', 'suspended'), ('ended', 'contract ended'), ('deleted', 'deleted')], default='requested', max_length=10)),
                ('requested_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('due_rule', models.CharField(blank=True, max_length=80)),
                ('given_at', models.DateTimeField(blank=True, null=True)),
                ('verified_at', models.DateTimeField(blank=True, null=True)),
                ('certify_on', models.DateField(blank=True, null=True)),
                ('remedy_text', models.TextField(blank=True)),
                ('high_volume_since', models.DateField(blank=True, null=True)),
                ('disclosed_since', models.DateField(blank=True, null=True)),
                ('ended_on', models.DateField(blank=True, null=True)),
                ('delete_on', models.DateField(blank=True, null=True)),
                ('deleted_at', models.DateTimeField(blank=True, null=True)),
                ('suspension', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='decisions.decision')),
            ],
            options={
                'ordering': ['seller_ref'],
            },
        ),
        migrations.CreateModel(
            name='TraderField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('value', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('given', 'given'), ('verified', 'verified'), ('rejected', 'rejected')], default='given', max_length=10)),
                ('check_code', models.CharField(blank=True, max_length=40)),
                ('why', models.CharField(blank=True, max_length=500)),
                ('given_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('settled_by', models.CharField(blank=True, max_length=80)),
                ('stored', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trader_fields', to='intake.storedmedia')),
                ('trader', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fields', to='duties.trader')),
            ],
            options={
                'ordering': ['trader', 'code'],
            },
        ),
        migrations.CreateModel(
            name='TraderSales',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('sales', models.PositiveIntegerField()),
                ('gross_cents', models.PositiveBigIntegerField()),
                ('trader', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sales', to='duties.trader')),
            ],
            options={
                'ordering': ['trader', 'on'],
            },
        ),
        migrations.AddIndex(
            model_name='buyersinformed',
            index=models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['due_at'], name='buyers_due'),
        ),
        migrations.AddIndex(
            model_name='buyer',
            index=models.Index(fields=['campaign', 'state', 'id'], name='buyer_by_state'),
        ),
        migrations.AddIndex(
            model_name='buyer',
            index=models.Index(condition=models.Q(('buyer_ref', ''), _negated=True), fields=['buyer_ref'], name='buyer_by_ref'),
        ),
        migrations.AddConstraint(
            model_name='buyer',
            constraint=models.UniqueConstraint(fields=('campaign', 'order_ref'), name='buyer_once_per_order'),
        ),
        migrations.AddIndex(
            model_name='termination',
            index=models.Index(condition=models.Q(('state', 'announced')), fields=['effective_at'], name='termination_due'),
        ),
        migrations.AddConstraint(
            model_name='termination',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'announced')), fields=('seller_ref',), name='one_announced_termination'),
        ),
        migrations.AddConstraint(
            model_name='termination',
            constraint=models.CheckConstraint(condition=models.Q(('effective_at__gte', models.F('earliest_at'))), name='termination_not_before_earliest'),
        ),
        migrations.AddConstraint(
            model_name='termination',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('announced_by')), _negated=True), _connector='OR'), name='termination_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='termination',
            constraint=models.CheckConstraint(condition=models.Q(('exception', ''), models.Q(('exception_reason', ''), _negated=True), _connector='OR'), name='termination_exception_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='termination',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['effective', 'reinstated']), _negated=True), ('decision__isnull', False), _connector='OR'), name='effective_termination_has_decision'),
        ),
        migrations.AddIndex(
            model_name='trader',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='trader_due'),
        ),
        migrations.AddIndex(
            model_name='trader',
            index=models.Index(condition=models.Q(('state', 'verified')), fields=['certify_on'], name='trader_to_certify'),
        ),
        migrations.AddIndex(
            model_name='trader',
            index=models.Index(condition=models.Q(('state', 'ended')), fields=['delete_on'], name='trader_to_delete'),
        ),
        migrations.AddConstraint(
            model_name='trader',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'ended'), _negated=True), models.Q(('delete_on__isnull', False), ('ended_on__isnull', False)), _connector='OR'), name='ended_trader_has_days'),
        ),
        migrations.AddConstraint(
            model_name='trader',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'deleted'), _negated=True), ('deleted_at__isnull', False), _connector='OR'), name='deleted_trader_has_time'),
        ),
        migrations.AddConstraint(
            model_name='traderfield',
            constraint=models.UniqueConstraint(fields=('trader', 'code'), name='trader_field_once'),
        ),
        migrations.AddConstraint(
            model_name='tradersales',
            constraint=models.UniqueConstraint(fields=('trader', 'on'), name='trader_sales_day'),
        ),
    ]
