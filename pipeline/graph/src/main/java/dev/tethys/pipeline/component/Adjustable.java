package dev.tethys.pipeline.component;

import java.io.IOException;

/**
 * Component that accepts new settings while running; parts whose settings did not change keep
 * working.
 */
public interface Adjustable extends Component {
  /**
   * Becomes what settings say. Called while it works, by one thread at a time; when it fails it is
   * called again with the settings that it had.
   *
   * @param settings read by its own factory
   * @throws IOException when it cannot
   */
  void adjust(Object settings) throws IOException;
}
