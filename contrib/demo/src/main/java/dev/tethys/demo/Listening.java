package dev.tethys.demo;

/** Part of the shop that accepts connections on loopback until it is closed. */
public interface Listening extends AutoCloseable {
  int port();
}
