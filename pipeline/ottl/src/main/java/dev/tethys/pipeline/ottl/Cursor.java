package dev.tethys.pipeline.ottl;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.OpenProfile;
import dev.tethys.model.telemetry.OpenSample;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Position of an evaluation in a batch. One thread moves it from item to item, and expressions read
 * through it. Only accessors that the expression's context reaches may be called, which is checked
 * at load time.
 */
public final class Cursor {
  /** Maximum number of values bound by nested lambdas. */
  public static final int MAX_LOCALS = 64;

  /**
   * Maximum number of replacement steps per item: characters read and written, plus a constant per
   * match.
   */
  public static final long MAX_WORK = 256L << 20;

  private ClientInfo client = ClientInfo.NONE;
  private @Nullable ResourceGroup<?> resource;
  private @Nullable ScopeGroup<?> scope;
  private @Nullable LogRecord log;
  private @Nullable Span span;
  private @Nullable SpanEvent event;
  private int eventIndex;
  private @Nullable SpanLink link;
  private @Nullable Metric metric;
  private @Nullable DataPoint point;
  private @Nullable Exemplar exemplar;
  private @Nullable OpenProfile profile;
  private @Nullable OpenSample sample;
  private @Nullable Attributes cache;
  private @Nullable Object @Nullable [] locals;
  private long work;

  /**
   * Counts steps of functions whose work statements can multiply.
   *
   * @throws EvaluationException if the item exceeds {@link #MAX_WORK}
   */
  public void spend(long steps) {
    work += steps;
    if (work > MAX_WORK) {
      throw new EvaluationException(
          "replacing in this item takes more than "
              + MAX_WORK
              + " steps; use shorter values or fewer statements");
    }
  }

  /** Sets the client of the batch. */
  public Cursor from(ClientInfo info) {
    client = info;
    return this;
  }

  public Cursor atResource(ResourceGroup<?> group) {
    resource = group;
    return this;
  }

  public Cursor atScope(ScopeGroup<?> group) {
    scope = group;
    return this;
  }

  public Cursor atLog(LogRecord record) {
    log = record;
    return this;
  }

  public Cursor atSpan(Span s) {
    span = s;
    return this;
  }

  public Cursor atEvent(SpanEvent e, int index) {
    event = e;
    eventIndex = index;
    return this;
  }

  public Cursor atLink(SpanLink l) {
    link = l;
    return this;
  }

  public Cursor atMetric(Metric m) {
    metric = m;
    return this;
  }

  public Cursor atPoint(DataPoint p) {
    point = p;
    return this;
  }

  public Cursor atExemplar(Exemplar e) {
    exemplar = e;
    return this;
  }

  public Cursor atProfile(OpenProfile p) {
    profile = p;
    return this;
  }

  public Cursor atSample(OpenSample s) {
    sample = s;
    return this;
  }

  public ClientInfo client() {
    return client;
  }

  public ResourceGroup<?> resource() {
    return Objects.requireNonNull(resource);
  }

  public ScopeGroup<?> scope() {
    return Objects.requireNonNull(scope);
  }

  public LogRecord log() {
    return Objects.requireNonNull(log);
  }

  public Span span() {
    return Objects.requireNonNull(span);
  }

  public SpanEvent event() {
    return Objects.requireNonNull(event);
  }

  public int eventIndex() {
    return eventIndex;
  }

  public SpanLink link() {
    return Objects.requireNonNull(link);
  }

  public Metric metric() {
    return Objects.requireNonNull(metric);
  }

  public DataPoint point() {
    return Objects.requireNonNull(point);
  }

  public Exemplar exemplar() {
    return Objects.requireNonNull(exemplar);
  }

  public OpenProfile profile() {
    return Objects.requireNonNull(profile);
  }

  public OpenSample sample() {
    return Objects.requireNonNull(sample);
  }

  /** Returns the cache shared by the statements of an item. */
  public Attributes cache() {
    if (cache == null) {
      cache = new Attributes();
    }
    return cache;
  }

  /** Starts an item with an empty cache and no steps counted. */
  public void beginItem() {
    work = 0;
    if (cache != null) {
      cache = null;
    }
  }

  @Nullable Object local(int slot) {
    return Objects.requireNonNull(locals)[slot];
  }

  void setLocal(int slot, @Nullable Object value) {
    if (locals == null) {
      locals = new Object[MAX_LOCALS];
    }
    locals[slot] = value;
  }
}
