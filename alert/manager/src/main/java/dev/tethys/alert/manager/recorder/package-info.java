/** Event recorder: a bounded queue of events and the outputs that write them. */
@NullMarked
package dev.tethys.alert.manager.recorder;

import org.jspecify.annotations.NullMarked;
