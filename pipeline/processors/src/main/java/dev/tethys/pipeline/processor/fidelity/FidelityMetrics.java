package dev.tethys.pipeline.processor.fidelity;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Metrics of a check, with the names of MDAI's. */
final class FidelityMetrics {
  /** Maximum number of attribute names with separate counters; further names share one. */
  private static final int MAX_NAMES = 100;

  private static final String OTHER = "(other)";

  private final String check;
  private final String signal;
  private final Registry.Vector<Registry.Counter> payloads;
  private final Registry.Vector<Registry.Counter> items;
  private final Registry.Vector<Registry.Counter> answers;
  private final Registry.Vector<Registry.Counter> attributes;
  private final Registry.Vector<Registry.Counter> requiredItems;
  private final Registry.Vector<Registry.Counter> requiredAttributes;
  private final Registry.Vector<Registry.Counter> differences;
  private final Registry.Gauge pending;

  @GuardedBy("this")
  private final Set<String> names = new HashSet<>();

  FidelityMetrics(Registry r, String check, String signal) {
    this.check = check;
    this.signal = signal.toLowerCase(Locale.ROOT);
    payloads =
        r.counters(
            "mdai_fidelity_payloads_received_total",
            "Sampled items by point: sent or delivered.",
            "check",
            "signal",
            "point");
    items =
        r.counters(
            "mdai_fidelity_signal_checks_total",
            "Sampled items by result: match, mismatch, missing, unknown, doubled or unpaired.",
            "check",
            "signal",
            "result");
    answers =
        r.counters(
            "tethys_fidelity_items_total",
            "Items at the point delivered by the response to them: accepted or refused.",
            "check",
            "signal",
            "result");
    attributes =
        r.counters(
            "mdai_fidelity_attribute_checks_total",
            "Attributes of sampled items by result: match, mismatch, missing or added.",
            "check",
            "signal",
            "result");
    requiredItems =
        r.counters(
            "mdai_fidelity_required_signal_checks_total",
            "Sampled items by whether all required attributes are right: pass or fail.",
            "check",
            "signal",
            "result");
    requiredAttributes =
        r.counters(
            "mdai_fidelity_required_attribute_checks_total",
            "Required attributes of sampled items by result: pass or fail.",
            "check",
            "signal",
            "attribute",
            "result");
    differences =
        r.counters(
            "tethys_fidelity_differences_total",
            "Attributes that differ, by name and result: mismatch, missing or added.",
            "check",
            "signal",
            "attribute",
            "result");
    pending =
        r.gauges(
                "mdai_fidelity_pending_payloads",
                "Sampled items sent but not yet delivered.",
                "check",
                "signal")
            .with(check, this.signal);
  }

  void payload(String point) {
    payloads.with(check, signal, point).inc();
  }

  void item(String result, long n) {
    items.with(check, signal, result).add(n);
  }

  void answered(long accepted, long refused) {
    answers.with(check, signal, "accepted").add(accepted);
    answers.with(check, signal, "refused").add(refused);
  }

  void required(boolean passes) {
    requiredItems.with(check, signal, word(passes)).inc();
  }

  void required(String attribute, boolean passes) {
    requiredAttributes.with(check, signal, attribute, word(passes)).inc();
  }

  private static String word(boolean passes) {
    return passes ? "pass" : "fail";
  }

  void attribute(String name, String result) {
    attributes.with(check, signal, result).inc();
    if (!result.equals("match")) {
      differences.with(check, signal, known(name), result).inc();
    }
  }

  private synchronized String known(String name) {
    return names.contains(name) || names.size() < MAX_NAMES && names.add(name) ? name : OTHER;
  }

  void pending(int n) {
    pending.set(n);
  }
}
