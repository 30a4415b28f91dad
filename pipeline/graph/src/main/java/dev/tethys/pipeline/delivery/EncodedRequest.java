package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Signal;
import java.util.Map;

/**
 * One request to a destination, ready to send: encoded, compressed and batched before it is queued,
 * so that a queue's bytes are what it costs and trying again costs nothing.
 *
 * @param body what is sent, as it goes over the wire
 * @param items how many items it carries
 * @param lane requests of one lane are sent one after the other, in order; 0 where order means
 *     nothing
 * @param headers what the destination needs in addition to the body: tenant, topic, content type.
 *     Small.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record EncodedRequest(
    Signal signal, byte[] body, int items, long lane, Map<String, String> headers) {}
