package dev.tethys.control.mdai;

/**
 * Replay of archived data, of a {@code MdaiReplay} or an action.
 *
 * @param statusVariable variable that receives the state; "" for none
 * @param telemetry {@code logs}, {@code metrics} or {@code traces}; "" if the variable determines
 *     it
 * @param partition {@code minute}, {@code hour} or ""
 * @param secret name of the Secret with the keys of S3; "" for none
 */
public record ReplaySpec(
    String hub,
    String statusVariable,
    String start,
    String end,
    String telemetry,
    String region,
    String bucket,
    String prefix,
    String path,
    String partition,
    String destination,
    String secret) {}
