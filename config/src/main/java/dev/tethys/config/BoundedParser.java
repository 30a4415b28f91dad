package dev.tethys.config;

import java.util.function.Function;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.parser.Parser;

/**
 * YAML parser that rejects lists and maps nested too deeply as soon as it encounters them. Scanner
 * time grows with the square of the depth.
 */
final class BoundedParser implements Parser {
  private final Parser parser;
  private final int most;
  private final Function<Event, ConfigException> refusal;
  private int depth; // of what next() has returned

  /**
   * @param most levels of lists and maps
   * @param refusal creates the exception for an event that exceeds the maximum depth
   */
  BoundedParser(Parser parser, int most, Function<Event, ConfigException> refusal) {
    this.parser = parser;
    this.most = most;
    this.refusal = refusal;
  }

  @Override
  public boolean checkEvent(Event.ID choice) {
    return parser.checkEvent(choice);
  }

  @Override
  public Event peekEvent() {
    return parser.peekEvent();
  }

  @Override
  public boolean hasNext() {
    return parser.hasNext();
  }

  @Override
  public Event next() {
    Event e = parser.next();
    switch (e.getEventId()) {
      case MappingStart, SequenceStart -> {
        if (++depth > most) {
          throw refusal.apply(e);
        }
      }
      case MappingEnd, SequenceEnd -> depth--;
      case Scalar -> {
        return ScalarTag.applied((ScalarEvent) e);
      }
      case StreamStart, StreamEnd, DocumentStart, DocumentEnd, Alias, Comment -> {}
    }
    return e;
  }
}
