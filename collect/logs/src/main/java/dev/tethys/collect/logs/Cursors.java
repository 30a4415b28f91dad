package dev.tethys.collect.logs;

/** Positions in journals and streams, by name, kept over a restart. */
public interface Cursors {
  /** Cursor of a journal or a stream; "" if there is none. */
  String cursor(String name);

  /** Sets a cursor, to be saved with the rest. */
  void putCursor(String name, String cursor);
}
