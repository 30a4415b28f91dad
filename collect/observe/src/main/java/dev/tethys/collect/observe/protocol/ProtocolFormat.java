package dev.tethys.collect.observe.protocol;

import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Recognition and parser of a protocol.
 *
 * @param isRequest tests for a request at the start of the buffer
 * @param isAnswer tests for a message at the start of the buffer that only a server sends
 * @param parser creates the parser of a connection whose first message is at the start of the
 *     buffer
 */
public record ProtocolFormat(
    Protocol protocol,
    Predicate<StreamBuffer> isRequest,
    Predicate<StreamBuffer> isAnswer,
    BiFunction<Requests, StreamBuffer, ProtocolParser> parser) {

  /** Creates a format whose connections are recognised by requests only. */
  public static ProtocolFormat of(
      Protocol protocol,
      Predicate<StreamBuffer> isRequest,
      Function<Requests, ProtocolParser> parser) {
    return new ProtocolFormat(protocol, isRequest, _ -> false, (r, _) -> parser.apply(r));
  }

  /** The same format, recognised by messages of a server, too. */
  public ProtocolFormat orAnswer(Predicate<StreamBuffer> test) {
    return new ProtocolFormat(protocol, isRequest, test, parser);
  }
}
