/** The user interface as roles serve it: one document, told which pages there are. */
@NullMarked
package dev.tethys.runtime.ui;

import org.jspecify.annotations.NullMarked;
