package dev.tethys.pipeline.component;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Extension that keeps acknowledgements of requests until their client queries them. */
public interface AckRegistry {
  /** Records a delivered request of a channel, and returns the number that its client queries. */
  long acknowledge(UUID channel);

  /**
   * Whether each request of a channel was delivered. A number that was reported as delivered is
   * dropped.
   */
  Map<Long, Boolean> query(UUID channel, List<Long> numbers);
}
