/** Serves the user interface: one document with the list of its pages. */
@NullMarked
package dev.tethys.runtime.ui;

import org.jspecify.annotations.NullMarked;
