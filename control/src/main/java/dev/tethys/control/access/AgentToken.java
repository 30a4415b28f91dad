package dev.tethys.control.access;

/**
 * Token with which an agent connects, without its secret.
 *
 * @param name of its line
 * @param fingerprint of the token; "" if agents need none
 */
public record AgentToken(String name, String fingerprint) {
  /** Placeholder token if agents need none. */
  public static final AgentToken NONE = new AgentToken("", "");
}
