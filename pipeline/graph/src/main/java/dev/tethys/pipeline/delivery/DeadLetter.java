package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Signal;
import java.util.Map;

/**
 * A request that its destination refused for good.
 *
 * @param id by which it is asked for, for as long as it is kept
 * @param items in it
 * @param bytes of its body
 * @param millis when it was given up, Unix milliseconds
 * @param attempts how often it was sent
 * @param reason what the destination said last
 */
public record DeadLetter(
    String id,
    Signal signal,
    int items,
    long bytes,
    long millis,
    int attempts,
    String reason,
    Map<String, String> headers) {}
