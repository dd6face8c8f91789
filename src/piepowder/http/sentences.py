"""Error code → what a person reads: what happened and what to do next. Why it happened is the error's own detail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from piepowder.kernel.errors import PiepowderError

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Sentence:
    """``happened`` is a heading, ``advice`` says what to do."""

    happened: Words
    advice: Words


BY_CODE: Mapping[str, Sentence] = {
    "not_final": Sentence(
        _("This decision can still be withdrawn"), _("Withdraw it instead: nothing of it has left yet.")
    ),
    "bad_reason": Sentence(_("The reason is no code"), _("Name it in small letters, such as 'appeal' or 'court'.")),
    "manager_circle": Sentence(
        _("Nobody leads themselves"),
        _("Choose a manager who does not report to this person, not even by way of others."),
    ),
    "no_such_appeal": Sentence(_("There is no such appeal"), _("Open the desk and choose one from there.")),
    "barred": Sentence(
        _("You cannot hear this appeal"),
        _("Leave it to somebody who had no part in the decision and leads nobody who had."),
    ),
    "not_hearer": Sentence(
        _("This appeal is not in your hands"), _("Take it from the desk first, or leave it to who has it.")
    ),
    "nothing_to_hear": Sentence(_("No appeal waits that you may hear"), _("Look again later, or open the desk.")),
    "not_appealable": Sentence(
        _("There is nothing to appeal against"), _("Look at the decision: it may have been withdrawn or replaced.")
    ),
    "too_late_to_appeal": Sentence(
        _("The time to complain is over"), _("An out-of-court body or a court can still be turned to.")
    ),
    "already_appealed": Sentence(
        _("There is a complaint about this decision already"),
        _("Follow the first one; its answer says what comes next."),
    ),
    "not_complainant": Sentence(
        _("This decision does not concern them"),
        _("Only the person concerned and those who reported the item can complain about it."),
    ),
    "bad_appeal": Sentence(_("The complaint cannot be taken as it is"), _("Correct what is named here.")),
    "appeal_ended": Sentence(_("This appeal has ended"), _("Nothing more can be added to it.")),
    "already_asked": Sentence(_("A question waits for its answer"), _("Wait for the answer, or conclude without it.")),
    "nothing_asked": Sentence(
        _("No question waits for an answer"), _("Load the page again: it may be answered already.")
    ),
    "no_such_task": Sentence(_("There is no such task"), _("It may be done already. Load the list again.")),
    "bad_note": Sentence(_("Say what was done"), _("A few words are enough.")),
    "no_such_out_of_court_case": Sentence(
        _("There is no such case"), _("Open the register and choose one from there.")
    ),
    "no_such_body": Sentence(_("There is no such body"), _("Open the register and choose one from there.")),
    "bad_out_of_court": Sentence(_("This cannot be kept as it is"), _("Correct what is named here.")),
    "known_out_of_court_case": Sentence(
        _("This case stands in the register already"), _("Look for the body's number in the list.")
    ),
    "already_implemented": Sentence(_("This was done already"), _("Load the page again.")),
    "bad_hold": Sentence(_("This cannot be held like that"), _("Correct what is named here.")),
    "no_such_hold": Sentence(_("There is no such hold"), _("Go back to the list of holds.")),
    "hold_released": Sentence(_("This hold was released before"), _("Load the page again.")),
    "hold_by_system": Sentence(
        _("This hold belongs to another duty"),
        _("It ends with that duty. Settle the end of service, the order or the threat."),
    ),
    "bad_trader": Sentence(_("This cannot be kept about the trader"), _("Correct what is named here.")),
    "no_such_trader": Sentence(_("There is no such trader"), _("Ask the trader first, or go back to the list.")),
    "no_such_trader_field": Sentence(_("Nothing was given under this name"), _("Load the page again.")),
    "trader_not_asked": Sentence(
        _("No law that is switched on asks for this"), _("Switch on the body of law of the trader's market, then ask.")
    ),
    "trader_not_verified": Sentence(
        _("The file is not complete"), _("Settle everything that is asked for, or ask the trader to put it right.")
    ),
    "trader_policy_missing": Sentence(
        _("The policy for this suspension is missing"),
        _("Name one that is in force there, in the settings under Duties."),
    ),
    "bad_termination": Sentence(_("The end of the service cannot be announced"), _("Correct what is named here.")),
    "no_such_termination": Sentence(_("There is no such end of service"), _("Go back to the list.")),
    "termination_too_early": Sentence(
        _("The notice has not passed"),
        _("Wait for the day that is shown, or announce it again with an exception that holds."),
    ),
    "termination_announced": Sentence(
        _("It was announced to this seller before"), _("Open the one that runs, or call it off first.")
    ),
    "termination_not_approved": Sentence(
        _("A second person approves this"), _("Ask somebody else who may approve decisions to open this page.")
    ),
    "own_termination": Sentence(_("You announced this yourself"), _("Somebody else approves it.")),
    "bad_campaign": Sentence(_("The buyers cannot be told like that"), _("Correct what is named here.")),
    "no_such_campaign": Sentence(_("There is no such campaign"), _("Go back to the list.")),
    "campaign_exists": Sentence(_("The buyers of this are being told already"), _("Open the campaign that runs.")),
    "not_illegal": Sentence(
        _("Nothing illegal was found by a decision that stands"),
        _("Begin from a decision that rests on the law and stands."),
    ),
    "nobody_to_tell": Sentence(_("There is nobody to tell yet"), _("Add the buyers, or ask the marketplace for them.")),
    "bad_erasure": Sentence(_("This request cannot be kept like that"), _("Correct what is named here.")),
    "no_such_erasure": Sentence(_("There is no such request"), _("Go back to the list of requests.")),
    "bad_retention": Sentence(_("It cannot be kept for that long"), _("Correct what is named here.")),
    "not_permitted": Sentence(
        _("You may not do this"), _("Ask an administrator for the permission, or go on with something else.")
    ),
    "not_second_person": Sentence(
        _("Somebody else must do this"),
        _("Whoever decided or approved cannot let their own words pass. Ask a colleague to look."),
    ),
    "no_such_submission": Sentence(
        _("There is no such submission"), _("Search for the statement by its reference in the list of submissions.")
    ),
    "reason_needed": Sentence(_("A reason is needed"), _("Say in a sentence why; whoever looks later reads it.")),
    "bad_token": Sentence(
        _("This is no token"), _("Copy the token from your account at the database, without the spaces around it.")
    ),
    "token_from_environment": Sentence(
        _("The token is not kept here"), _("Change PIEPOWDER_DSA_TOKEN where the server is started, and restart it.")
    ),
    "lease_lost": Sentence(
        _("This case is no longer yours"),
        _(
            "You were away longer than the lease lasts, or the case was taken back."
            " What you typed is kept: claim the case again to go on."
        ),
    ),
    "too_late": Sentence(
        _("Too late to undo"), _("The enforcement has already left. Ask a lead to reverse the decision instead.")
    ),
    "newer_snapshot": Sentence(
        _("A newer version has arrived"),
        _("Look at the newer version, or confirm that you decide on the one you have seen."),
    ),
    "stream_over": Sentence(
        _("This stream is over"),
        _("What was ruled stands. Go on with the next case, or open the wall of live streams."),
    ),
    "not_a_stream": Sentence(_("This is no livestream"), _("Decide it like any other item.")),
    "bad_mark": Sentence(_("This place cannot be marked"), _("Mark a place within the film that is shown.")),
    "no_such_mark": Sentence(
        _("There is no such mark of yours"), _("It was removed already, or somebody else made it. Load the page again.")
    ),
    "bad_ruling": Sentence(_("The decision cannot stand as it is"), _("Correct what is named here and decide again.")),
    "not_available": Sentence(
        _("You are not available"), _("Set yourself available in the bar above, then take a case.")
    ),
    "not_eligible": Sentence(
        _("You are not eligible for this case"), _("Ask a lead for the language, the market or the skill it needs.")
    ),
    "wrong_state": Sentence(
        _("Somebody or something was faster"),
        _("The state has changed since the page was loaded. Load it again and look."),
    ),
    "hands_full": Sentence(
        _("Your hands are full"), _("Finish, hold or give back one of the cases you have, then take the next.")
    ),
    "exposure_spent": Sentence(
        _("You have seen enough of this today"),
        _(
            "Only cases wait that your budget of grave work for today no longer covers. Take a break, do other work,"
            " or ask your lead, who can lift the budget for a day. Milder cases come to you as before."
        ),
    ),
    "reserved": Sentence(
        _("This case is kept for somebody else"), _("Take the next one; a lead can assign it to you.")
    ),
    "skips_spent": Sentence(
        _("No skips are left today"),
        _("Decide the case, put it on hold with a question, escalate it, or ask your lead for more skips."),
    ),
    "urgent_gone": Sentence(_("Somebody was faster"), _("The urgent case is in good hands. Go on with yours.")),
    "cannot_take_it": Sentence(
        _("This person cannot take the case"), _("Choose somebody with its language, market and skill.")
    ),
    "already_answered": Sentence(_("This has been answered already"), _("Look at the answer on the case's page.")),
    "opinion_given": Sentence(
        _("You have given your opinion on this case"), _("Somebody else goes on with it. Take the next one.")
    ),
    "own_proposal": Sentence(
        _("Nobody approves their own proposal"), _("Ask a colleague who may approve, or take the proposal back.")
    ),
    "no_cases": Sentence(
        _("There is nothing to decide together"),
        _("Tick at least one case that waits within your reach, and no more than 500."),
    ),
    "batch_begun": Sentence(
        _("Some of these cases are decided already"),
        _("Go on with the others, or choose cases anew for another ruling."),
    ),
    "needs_people": Sentence(
        _("A machine alone may not order this"),
        _("Leave the measure to people, or take it off the list that asks for approval."),
    ),
    "missing_reason": Sentence(_("The reason is missing"), _("Say in a few words why, then send it again.")),
    "no_escalation_queue": Sentence(
        _("There is nowhere to escalate to"), _("Transfer the case instead, or ask a lead to set the queue up.")
    ),
    "email_taken": Sentence(_("Somebody already uses this address"), _("Use another address, or edit that person.")),
    "invitation_dead": Sentence(_("This link no longer works"), _("Ask whoever invited you for a new one.")),
    "invitation_closed": Sentence(_("This invitation is no longer open"), _("Look at the list of invitations again.")),
    "role_moved": Sentence(
        _("Somebody else changed a role meanwhile"), _("Load the roles again, look, and make your change anew.")
    ),
    "access_moved": Sentence(
        _("Somebody's access has changed meanwhile"), _("Load the review again and look at what is new.")
    ),
    "routing_moved_on": Sentence(
        _("Somebody published other rules meanwhile"),
        _("Look at the difference to what is in force, then put your rules on top of it or throw them away."),
    ),
    "stale_draft": Sentence(
        _("Your draft has changed meanwhile"), _("Load the page again: the rules may stand in another order now.")
    ),
    "bad_routing": Sentence(
        _("These rules cannot be published"), _("Correct what is named beside the rules and try again.")
    ),
    "bad_view": Sentence(_("The view is not kept"), _("Correct what is named here and keep it again.")),
    "unknown_column": Sentence(_("There is no such column"), _("Choose the columns in the list and download again.")),
    "policy_being_written": Sentence(
        _("The next version is being written already"), _("Open the draft among the policy drafts and write on there.")
    ),
    "no_such_letter": Sentence(_("There is no such letter"), _("Look at the list of letters.")),
    "no_such_letter_kind": Sentence(_("There is no such kind of letter"), _("Look at the words of letters.")),
    "bad_letter_template": Sentence(
        _("The words cannot be used as they are"), _("Correct what is named at its place and publish again.")
    ),
    "letter_template_overtaken": Sentence(
        _("Somebody else published a version"), _("Look at the difference to it below, then publish again.")
    ),
    "no_letter_template": Sentence(
        _("There are no words for this letter"), _("Publish words for it under “Words of letters”, then try again.")
    ),
    "missing_place": Sentence(_("The letter could not be written"), _("Fill in what is named here.")),
    "no_address": Sentence(_("There is nobody to send it to"), _("Give yourself an e-mail address first.")),
    "no_such_proposed_version": Sentence(_("There is no such draft"), _("Look at the list of policy drafts.")),
    "proposed_version_changed": Sentence(
        _("Somebody else has saved this draft meanwhile"),
        _("What you typed is still here. Look at what is kept now, then save yours over it or load the page again."),
    ),
    "own_policy_version": Sentence(
        _("Nobody approves their own words"), _("Ask somebody else who may approve policies to look at it.")
    ),
    "version_backdated": Sentence(
        _("Its day has gone by"),
        _("Choose today or a later day: nobody can have followed a rule before it was published."),
    ),
    "bad_policy": Sentence(_("The version cannot be published"), _("Correct what is named here and try again.")),
    "policy_retired": Sentence(
        _("This policy is retired"), _("Its code is never used again; write a new policy instead.")
    ),
    "policy_has_children": Sentence(_("There are policies below it"), _("Retire or move those first.")),
    "parent_is_leaf": Sentence(_("Nothing can stand below this policy"), _("Choose a family to stand under.")),
    "family_under_itself": Sentence(_("A family cannot stand under itself"), _("Choose a place outside of it.")),
    "policy_not_beside": Sentence(
        _("The tree has changed meanwhile"), _("Load the page again and choose the place anew.")
    ),
    "template_overtaken": Sentence(
        _("Somebody published other words meanwhile"),
        _("What you typed is still here. Look at the difference to what is in force now, then publish again."),
    ),
    "bad_template": Sentence(_("These words cannot be published"), _("Correct what is named at its place.")),
    "link_dead": Sentence(_("This link does not work"), _("Ask for a new one where you found it.")),
    "visit_over": Sentence(_("Your visit has ended"), _("Open your link again.")),
    "nothing_of_yours": Sentence(_("There is nothing here"), _("Go to the first page and look for it there.")),
    "form_stale": Sentence(
        _("This page was open for too long"),
        _("Load it again and send the form once more. What you typed stands below."),
    ),
    "too_much_at_once": Sentence(_("These files are too large"), _("Send fewer or smaller files.")),
    "files_refused": Sentence(_("A file could not be taken"), _("Choose another file and try again.")),
    "text_too_long": Sentence(_("The text is too long"), _("Shorten it, or put the rest into a file.")),
    "empty_appeal": Sentence(_("The text is missing"), _("Write a few words, then send it again.")),
    "appeal_over": Sentence(_("This appeal has ended"), _("Read the answer on its page.")),
    "bad_correction": Sentence(_("The item cannot be sent in like this"), _("Correct what is named at its place.")),
    "nothing_corrected": Sentence(_("Nothing has changed"), _("Change what is wrong, then send it in again.")),
    "not_correctable": Sentence(
        _("This cannot be corrected here"), _("Change it in your account at the marketplace instead.")
    ),
    "bad_ladder": Sentence(_("The ladder cannot be published"), _("Correct what is named at its line.")),
    "no_such_ladder": Sentence(_("There is no such ladder"), _("Look at the list of ladders.")),
    "ladder_overtaken": Sentence(
        _("Somebody published another version meanwhile"), _("Copy your text, load the page again and change it anew.")
    ),
    "bad_switch": Sentence(_("The ladder is not switched"), _("Choose fewer past days.")),
    "switch_unchanged": Sentence(_("It is switched so already"), _("Load the page again to see it.")),
    "no_such_seller": Sentence(_("There is no such seller"), _("Look at the sellers of the ladder.")),
    "bad_adjustment": Sentence(_("The points are not changed"), _("Correct what is named and try again.")),
    "points_not_in_range": Sentence(_("The points are not set"), _("Choose a number within the range of the rule.")),
    "no_such_entry": Sentence(_("There is no such entry"), _("Load the page again: it may have been undone.")),
    "no_such_sanction": Sentence(_("There is no such sanction"), _("Look at the list of sanctions.")),
    "account_erased": Sentence(_("This account was erased"), _("There is nobody left to sanction.")),
    "code_taken": Sentence(_("This code is already in use"), _("Choose another code.")),
    "unknown_pack": Sentence(_("There is no such law here"), _("Look at the list of laws among the duties.")),
    "bad_pack": Sentence(
        _("The law does not allow this"), _("Correct what is named: a number of our own can only be stricter.")
    ),
    "bad_order": Sentence(_("This is not possible with this order"), _("Correct what is named and try again.")),
    "order_known": Sentence(
        _("This order is here already"), _("Look for its reference among the orders, and complete it there.")
    ),
    "no_such_order": Sentence(_("There is no such order"), _("Look at the list of orders.")),
    "order_lines_open": Sentence(
        _("Something that the order names is still open"), _("Rule on it, or say that it is not here or not covered.")
    ),
    "bad_threat": Sentence(_("This cannot be kept like that"), _("Correct what is named and try again.")),
    "no_such_threat": Sentence(_("There is no such case"), _("Look at the list of suspicions.")),
    "bad_recall_list": Sentence(
        _("The list cannot be taken in"), _("Correct the rows that are named and take it in again.")
    ),
    "no_such_recall_match": Sentence(_("There is no such match"), _("Look at the list of matches.")),
    "not_manifest": Sentence(
        _("Nothing here could be manifest"),
        _("Only content found illegal, and notices or complaints that did not succeed, can be."),
    ),
    "already_flagged": Sentence(_("This was proposed before"), _("Look at the page about misuse.")),
    "nothing_confirmed": Sentence(
        _("Nothing manifest is confirmed"), _("A person first confirms what is manifest; then a warning can follow.")
    ),
    "already_warned": Sentence(_("There is a warning already"), _("Go on from there: look at the page about misuse.")),
    "misuse_not_repeated": Sentence(
        _("It did not happen again"), _("A suspension needs something manifest that happened after the warning.")
    ),
    "bad_misuse": Sentence(_("This cannot be done like that"), _("Correct what is named and try again.")),
    "complaints_suspended": Sentence(
        _("Your complaints are not looked at for a time"),
        _("You were told until when. You can turn to an out-of-court body or to a court meanwhile."),
    ),
    "bad_right": Sentence(_("The right cannot be entered like this"), _("Correct what is named beside the fields.")),
    "right_registered": Sentence(
        _("This right is in the registry already"), _("Look for its number in the registry and go on there.")
    ),
    "right_retired": Sentence(
        _("This right is retired"), _("Claim on a right that is in force, or enter the new one first.")
    ),
    "only_people_verify": Sentence(
        _("A right is verified by a person"), _("Log in, look into the register, and verify it there.")
    ),
    "bad_claims": Sentence(_("The notice cannot be taken in like this"), _("Correct what is named and send it again.")),
    "claim_reference_reused": Sentence(
        _("This reference was used for another notice"), _("Use a new reference, or leave it empty.")
    ),
    "bad_counter": Sentence(
        _("The answer cannot be taken in like this"), _("Correct what is named and send it again.")
    ),
    "not_the_seller": Sentence(
        _("This claim is about an item of somebody else"), _("Open the link that was sent to the seller of the item.")
    ),
    "already_countered": Sentence(
        _("This claim was answered before"), _("Look at the answer; you can still complain about the decision.")
    ),
    "nothing_to_counter": Sentence(_("There is nothing to answer"), _("The claim was not found right.")),
    "own_decision": Sentence(
        _("You had a part in this decision"), _("Somebody who had none, and is not above those who had, must answer.")
    ),
}

BY_STATUS: Mapping[int, Sentence] = {
    400: Sentence(_("This cannot be done"), _("Change what is named below and try again.")),
    401: Sentence(_("You are not logged in"), _("Log in and try again.")),
    403: Sentence(
        _("You may not do this"), _("Ask an administrator for the permission, or go on with something else.")
    ),
    404: Sentence(
        _("There is nothing here"),
        _("It may have been moved, or it is outside what you may see. Search for it instead."),
    ),
    409: Sentence(
        _("Somebody or something was faster"),
        _("The state has changed since the page was loaded. Load it again and look."),
    ),
    422: Sentence(_("Something in the form is not right"), _("Correct what is named below and send it again.")),
    429: Sentence(_("Too many requests"), _("Wait a moment and try again.")),
}

_ANY = BY_STATUS[400]


def sentence_for(error: PiepowderError) -> Sentence:
    """The words for ``error``: by its code, else by the family it belongs to."""
    return BY_CODE.get(error.code) or BY_STATUS.get(error.status, _ANY)
