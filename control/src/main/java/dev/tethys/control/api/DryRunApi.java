package dev.tethys.control.api;

import dev.tethys.control.access.Tokens;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.validation.DryRun;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /api/v1/control/dry-run}: a text and a version of it on the same samples. */
public final class DryRunApi {
  private static final int MAX_RUNS = 2;

  private final DryRun runs;
  private final ConfigStore store;
  private final Rollouts rollouts;
  private final Tokens tokens;
  private final Semaphore running = new Semaphore(MAX_RUNS);

  public DryRunApi(DryRun runs, ConfigStore store, Rollouts rollouts, Tokens tokens) {
    this.runs = runs;
    this.store = store;
    this.rollouts = rollouts;
    this.tokens = tokens;
  }

  public void addTo(Routes routes) {
    routes.post(
        ControlApi.ROOT + "/dry-run",
        ControlApi.on(tokens, Tokens.Role.OPERATOR, (q, user) -> answer(q)));
  }

  private JsonNode answer(HttpRequest q) throws IOException {
    JsonNode body = ControlApi.body(q);
    ControlApi.checkKeys(body, "name", "text", "samples", "baseline");
    String name = ControlApi.text(body, "name", true);
    ConfigStore.checkName(name);
    String text = ControlApi.text(body, "text", true);
    List<DryRun.Sample> samples = DryRun.samples(body.path("samples"));
    JsonNode number = body.path("baseline");
    if (!number.isMissingNode() && !number.isInt()) {
      throw new IllegalArgumentException("member \"baseline\" must be the number of a version");
    }
    int latest = store.versions(name).size();
    int baseline = number.isMissingNode() ? standing(name, latest) : number.intValue();
    ConfigVersion before = baseline == 0 ? null : store.find(name, baseline);
    if (baseline != 0 && before == null) {
      throw store.notFound(name, baseline);
    }
    if (!running.tryAcquire()) {
      throw new HttpException(429, MAX_RUNS + " dry runs are running, the limit; try again later");
    }
    try {
      ObjectNode out = JsonMapper.shared().createObjectNode();
      out.set("result", runs.run(name, text, samples));
      if (number.isMissingNode() && baseline < latest) {
        String of = "version " + latest + " is the latest, and " + rollouts.undone(name, latest);
        out.put("baselineNote", of + "; member \"baseline\" names a version to compare with");
      }
      if (before != null) {
        out.put("baselineVersion", baseline);
        out.set("baseline", runs.run(name, before.text(), samples));
      }
      return out;
    } finally {
      running.release();
    }
  }

  /** Returns the newest version that was not rolled back; 0 if none. */
  private int standing(String name, int latest) {
    int version = latest;
    while (!rollouts.undone(name, version).isEmpty()) {
      version--;
    }
    return version;
  }
}
