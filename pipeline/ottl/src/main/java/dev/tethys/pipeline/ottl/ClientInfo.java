package dev.tethys.pipeline.ottl;

import dev.tethys.model.telemetry.Attributes;
import java.util.List;
import java.util.Map;

/**
 * Client data of a batch, as read by the paths of {@code otelcol}.
 *
 * @param metadata headers of the request, names in lower case
 * @param address peer address, or "" if unknown
 * @param auth attributes of the authenticated client
 */
public record ClientInfo(Map<String, List<String>> metadata, String address, Attributes auth) {
  public static final ClientInfo NONE = new ClientInfo(Map.of(), "", new Attributes());
}
