package dev.tethys.collect.observe;

import dev.tethys.collect.observe.profile.ProfileSink;
import org.jspecify.annotations.Nullable;

/**
 * Receivers of what an observation finds besides metrics. A signal without a receiver is not
 * produced.
 *
 * @param profiles receiver of CPU profiles
 */
public record ObserverSinks(@Nullable ProfileSink profiles) {
  public static final ObserverSinks NONE = new ObserverSinks(null);
}
