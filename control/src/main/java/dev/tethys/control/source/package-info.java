/** Configurations and other resources in Git or folders. */
@NullMarked
package dev.tethys.control.source;

import org.jspecify.annotations.NullMarked;
