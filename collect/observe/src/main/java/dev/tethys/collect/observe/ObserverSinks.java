package dev.tethys.collect.observe;

import dev.tethys.collect.observe.profile.ProfileSink;
import dev.tethys.collect.observe.trace.SpanSink;
import org.jspecify.annotations.Nullable;

/**
 * Receivers of observed signals other than metrics. A signal without a receiver is not produced.
 *
 * @param profiles receiver of CPU profiles
 * @param spans receiver of a span for each request
 * @param shareOfTraces share of traces that are kept, from 0 to 1
 */
public record ObserverSinks(
    @Nullable ProfileSink profiles, @Nullable SpanSink spans, double shareOfTraces) {
  public static final ObserverSinks NONE = new ObserverSinks(null, null, 1);
}
