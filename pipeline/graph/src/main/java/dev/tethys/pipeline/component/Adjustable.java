package dev.tethys.pipeline.component;

import java.io.IOException;

/**
 * Component that accepts new settings while running; parts whose settings did not change keep
 * working.
 */
public interface Adjustable extends Component {
  /**
   * Applies new settings while running. Called by one thread at a time; after a failure it is
   * called again with the previous settings.
   *
   * @param settings settings parsed by the component's own factory
   * @throws IOException if they cannot be applied
   */
  void adjust(Object settings) throws IOException;
}
