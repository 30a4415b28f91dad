package dev.tethys.collect.cloud.reader;

import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Parts of one reading with the result of each. A part consists of one or more requests; its first
 * failure is kept. Not thread-safe.
 */
public final class CloudParts {
  private static final class Tally {
    int requests;
    int failures;
    CloudReading.Part first = new CloudReading.Part("", null, "", "");
  }

  private final Map<String, Tally> parts = new LinkedHashMap<>();

  /** Adds a successful request. */
  public void succeeded(String part) {
    parts.computeIfAbsent(part, _ -> new Tally()).requests++;
  }

  /**
   * Adds a failed request.
   *
   * @param remedy shown if the failure is a missing permission
   */
  public void failed(String part, CloudException e, String remedy) {
    Tally t = parts.computeIfAbsent(part, _ -> new Tally());
    t.requests++;
    if (t.failures++ == 0) {
      t.first =
          new CloudReading.Part(
              part, e.failure(), e.problem(), e.failure() == Failure.DENIED ? remedy : "");
    }
  }

  /** Adds a part of an earlier reading. */
  public void add(CloudReading.Part part) {
    Tally t = parts.computeIfAbsent(part.name(), _ -> new Tally());
    t.requests++;
    if (!part.isRead() && t.failures++ == 0) {
      t.first = part;
    }
  }

  /**
   * Adds a gauge that is 1 for each kind of failure, or 0 if there is none.
   *
   * @param label name of the label of the place
   */
  public void addErrors(CloudMetrics m, String name, String label, String place) {
    Set<String> errors = new TreeSet<>();
    for (Tally t : parts.values()) {
      Failure f = t.first.failure();
      if (f != null) {
        errors.add(f.text());
      }
    }
    String help = "1 with the kind of the error if a part of the last reading failed.";
    if (errors.isEmpty()) {
      m.gauge(name, help, 0, Labels.of(label, place));
    }
    for (String e : errors) {
      m.gauge(name, help, 1, Labels.of("error", e, label, place));
    }
  }

  /** All parts in their order. */
  public List<CloudReading.Part> all() {
    List<CloudReading.Part> out = new ArrayList<>();
    parts.forEach(
        (name, t) -> {
          if (t.failures == 0) {
            out.add(new CloudReading.Part(name, null, "", ""));
          } else {
            String some =
                t.requests > 1 ? " (" + t.failures + " of " + t.requests + " requests)" : "";
            out.add(
                new CloudReading.Part(
                    name, t.first.failure(), t.first.problem() + some, t.first.remedy()));
          }
        });
    return out;
  }
}
