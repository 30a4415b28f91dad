package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Signal;
import java.util.Map;

/**
 * Request ready to send: encoded, compressed and batched before it is queued, so that the bytes of
 * a queue are its cost and a retry costs nothing.
 *
 * @param body request body as sent over the wire
 * @param items number of items
 * @param lane requests of one lane are sent one after another, in order; 0 if order does not matter
 * @param headers needed by the destination in addition to the body: tenant, topic, content type.
 *     Small.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record EncodedRequest(
    Signal signal, byte[] body, int items, long lane, Map<String, String> headers) {}
