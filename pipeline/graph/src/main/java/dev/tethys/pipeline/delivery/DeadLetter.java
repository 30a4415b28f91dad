package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Signal;
import java.util.Map;

/**
 * Request permanently rejected by the remote system.
 *
 * @param id identifier, valid for as long as the request is kept
 * @param items number of items
 * @param bytes size of the body
 * @param millis time of the rejection in Unix milliseconds
 * @param attempts number of attempts
 * @param reason last error of the remote system
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
