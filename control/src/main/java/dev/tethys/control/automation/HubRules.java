package dev.tethys.control.automation;

import dev.tethys.control.mdai.HubAction;
import dev.tethys.control.mdai.HubEvent;
import dev.tethys.control.mdai.HubMessage;
import dev.tethys.control.mdai.HubMessage.Match;
import dev.tethys.control.mdai.HubRule;
import dev.tethys.control.mdai.Hubs;
import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.control.mdai.WebhookRequests;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Application of the rules of hubs to events. The actions of a rule run in their order until one
 * fails. From a webhook on they run apart from the event, so that a slow receiver delays no other.
 */
public final class HubRules {
  /** Maximum length of a chain of events before rules ignore further ones. */
  static final int HOP_LIMIT = 2;

  private static final System.Logger LOG = JulLogger.of(HubRules.class.getName());

  /**
   * Result of one hub action.
   *
   * @param result {@code done}, {@code failed} or {@code running}
   */
  public record Step(
      long millis,
      String hub,
      String rule,
      String event,
      String correlationId,
      String action,
      String target,
      String result,
      String error) {}

  private final Hubs hubs;
  private final RuleCalls calls;
  private final InstantSource clock;
  private final RecentSteps<Step> steps = new RecentSteps<>();

  /** Creates hub rules, which apply to all later events. */
  public HubRules(Hubs hubs, RuleCalls calls, InstantSource clock) {
    this.hubs = hubs;
    this.calls = calls;
    this.clock = clock;
    hubs.follow(Application::new);
  }

  /** Returns the results, newest first. */
  public List<Step> steps() {
    return steps.all();
  }

  /**
   * Applies the rules to an event.
   *
   * @param actor user or system that sent it
   * @return results of the actions; webhooks and the actions after them are {@code running}
   * @throws IOException if a change is not on disk; nothing has changed then
   */
  List<Step> handle(String actor, HubEvent event) throws IOException {
    Application a = new Application();
    hubs.apply(a, m -> m.accept(actor, event));
    return a.results;
  }

  /** Webhook that is due, and the actions after it. */
  private record Rest(Match match, int from) {
    HubAction.CallWebhook call() {
      return (HubAction.CallWebhook) match.rule().actions().get(from);
    }
  }

  /** Application of the rules to the events of one message. */
  private final class Application implements Hubs.Reaction {
    private final List<Step> results = new ArrayList<>();
    private final List<Rest> webhooks = new ArrayList<>();

    @Override
    public void handle(HubMessage message, HubEvent e) {
      Hub hub = hubs.variables().now().manifests().hub(e.hub());
      if (hub == null) {
        return;
      }
      if (e.depth() > HOP_LIMIT) {
        LOG.log(
            Level.WARNING,
            "Event ignored, too many events led to it hub={0} event={1} limit={2}",
            e.hub(),
            e.name(),
            HOP_LIMIT);
        return;
      }
      for (HubRule r : hub.rules()) {
        if (e.matches(r.trigger())) {
          run(message, new Match(hub, r, e), 0);
        }
      }
    }

    /** Runs the actions from one on, up to the first webhook. */
    void run(HubMessage message, Match match, int from) {
      List<HubAction> actions = match.rule().actions();
      for (int i = from; i < actions.size(); i++) {
        HubAction a = actions.get(i);
        if (a instanceof HubAction.CallWebhook) {
          webhooks.add(new Rest(match, i));
          return;
        }
        String error = "";
        try {
          message.apply(match, a);
        } catch (IllegalArgumentException e) {
          error = String.valueOf(e.getMessage());
        }
        results.add(ended(match, a, error));
        if (!error.isEmpty()) {
          message.end(match, false);
          return;
        }
      }
      message.end(match, true);
    }

    /** Stores the results before the webhooks, whose results wait for the lock of the hubs. */
    @Override
    public void committed() {
      for (Rest r : webhooks) {
        try {
          calls.begin(() -> send(r));
          results.add(step(r.match, r.call(), "running", ""));
        } catch (RuleCalls.BusyException e) {
          results.add(ended(r.match, r.call(), String.valueOf(e.getMessage())));
        }
      }
      results.forEach(HubRules.this::keep);
    }
  }

  /** Sends a webhook, then runs the actions after it. */
  private void send(Rest r) {
    String error;
    try {
      error =
          calls
              .attempt(
                  WebhookRequests.of(
                      hubs.variables().now().manifests(), r.match.hub(), r.call(), r.match.event()),
                  r.call().target())
              .error();
    } catch (IllegalArgumentException e) {
      error = String.valueOf(e.getMessage());
    }
    Step ended = ended(r.match, r.call(), error);
    Application a = new Application();
    try {
      hubs.apply(
          a,
          message -> {
            keep(ended);
            if (ended.error.isEmpty()) {
              a.run(message, r.match, r.from + 1);
              message.handleEvents();
            } else {
              message.end(r.match, false);
            }
          });
    } catch (IOException e) {
      LOG.log(Level.ERROR, "Actions after a webhook not applied rule=" + r.match.rule().name(), e);
    }
  }

  private Step ended(Match m, HubAction a, String error) {
    return step(m, a, error.isEmpty() ? "done" : "failed", error);
  }

  private Step step(Match m, HubAction a, String result, String error) {
    return new Step(
        clock.millis(),
        m.hub().meta().name(),
        m.rule().name(),
        m.event().name(),
        m.event().correlationId(),
        a.type(),
        a.target(),
        result,
        error);
  }

  private void keep(Step s) {
    steps.add(s);
    if (s.result.equals("failed")) {
      LOG.log(
          Level.WARNING,
          "Action of a hub failed hub={0} rule={1} action={2} target={3} error=\"{4}\"",
          s.hub,
          s.rule,
          s.action,
          s.target,
          s.error);
    }
  }
}
