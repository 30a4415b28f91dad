package dev.tethys.query.promql.exec;

import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Description of a plan step for users. Filled by the step, then only read. */
public final class Description {
  /** Input of a step, and the grid on which it is evaluated. */
  public record Input(String role, PlanStep step, Grid grid) {}

  /**
   * Read request to the store; times are milliseconds.
   *
   * @param minTime first millisecond needed, inclusive
   * @param maxTime last millisecond needed, inclusive
   * @param range range of a range selector; 0 for an instant selector
   * @param at the time that {@code @} fixes, or null
   * @param parts part of the samples that is needed: values, times, counts (of histograms)
   * @param sameBuckets downsampled data in buckets of a length that divides this gives the same
   *     result as samples; 0 if none does
   * @param windowsEvery distance between the windows, if they cover only a small part of the time;
   *     otherwise 0
   */
  public record Reads(
      List<Matcher> matchers,
      long minTime,
      long maxTime,
      long range,
      long offset,
      @Nullable Long at,
      String parts,
      long sameBuckets,
      long windowsEvery) {}

  private final String operator;
  private final Map<String, String> attributes = new LinkedHashMap<>();
  private final List<Input> inputs = new ArrayList<>();
  private @Nullable Reads reads;
  private int shared = -1;

  /** Starts with the kind of the step, a word in camel case. */
  Description(String operator) {
    this.operator = operator;
  }

  Description with(String name, String value) {
    attributes.put(name, value);
    return this;
  }

  /** Appends a list of label names unless it is empty and has no meaning. */
  Description with(String name, List<String> labels) {
    return with(name, String.join(", ", labels));
  }

  Description input(String role, PlanStep step, Grid grid) {
    inputs.add(new Input(role, step, grid));
    return this;
  }

  Description reads(Reads r) {
    reads = r;
    return this;
  }

  Description shared(int number) {
    shared = number;
    return this;
  }

  /** Returns the kind of the step. */
  public String operator() {
    return operator;
  }

  /** Returns further attributes by name. */
  public Map<String, String> attributes() {
    return Collections.unmodifiableMap(attributes);
  }

  public List<Input> inputs() {
    return Collections.unmodifiableList(inputs);
  }

  /** Returns the data read from the store, or null if none. */
  public @Nullable Reads reads() {
    return reads;
  }

  /** Returns the number of a result shared by several steps, or -1. */
  public int sharedResult() {
    return shared;
  }
}
