/** Versions of configurations and packages, and which of them an agent is to run. */
@NullMarked
package dev.tethys.control.versions;

import org.jspecify.annotations.NullMarked;
