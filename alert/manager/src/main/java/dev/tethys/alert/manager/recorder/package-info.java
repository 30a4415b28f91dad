/** The record of events: a queue of what happens, and the outputs that get all of it. */
@NullMarked
package dev.tethys.alert.manager.recorder;

import org.jspecify.annotations.NullMarked;
