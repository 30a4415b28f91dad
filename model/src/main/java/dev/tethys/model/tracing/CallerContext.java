package dev.tethys.model.tracing;

import org.jspecify.annotations.Nullable;

/** Trace context sent by the client of the request that the current thread serves. */
public final class CallerContext {
  private static final ScopedValue<TraceContext> CURRENT = ScopedValue.newInstance();

  private CallerContext() {}

  /** Context of the client; null if it sent none. */
  public static @Nullable TraceContext current() {
    return CURRENT.isBound() ? CURRENT.get() : null;
  }

  /**
   * Runs work for a request.
   *
   * @param parent header {@code traceparent}; null if the request has none
   * @param state header {@code tracestate}
   */
  public static <T extends @Nullable Object, E extends Exception> T during(
      @Nullable String parent, @Nullable String state, ActiveSpan.TracedAction<T, E> work)
      throws E {
    TraceContext context = parent == null ? null : TraceContext.of(parent, state);
    return context == null ? work.run() : ScopedValue.where(CURRENT, context).call(work::run);
  }
}
