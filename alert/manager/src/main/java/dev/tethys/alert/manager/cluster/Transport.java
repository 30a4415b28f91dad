package dev.tethys.alert.manager.cluster;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Transport of packets and streams between members. */
interface Transport extends Closeable {
  /** A connection of bytes in both directions. */
  interface Stream extends Closeable {
    InputStream in() throws IOException;

    OutputStream out() throws IOException;

    InetSocketAddress remote();
  }

  /**
   * Receiver of packets and streams; both methods may be called from several threads concurrently.
   */
  interface Receiver {
    void packet(byte[] packet, InetSocketAddress from);

    /** Handles a stream and closes it. */
    void stream(Stream stream);
  }

  /** Returns the address this transport listens on. */
  InetSocketAddress bound();

  /** Starts passing incoming packets and streams on. */
  void start(Receiver receiver);

  /** Sends a packet, which may get lost. */
  void send(InetSocketAddress to, byte[] packet) throws IOException;

  /** Opens a stream with a timeout for each step. */
  Stream dial(InetSocketAddress to, Duration timeout) throws IOException;
}
