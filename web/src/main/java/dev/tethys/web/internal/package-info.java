/** Internal implementation of the module. */
@NullMarked
package dev.tethys.web.internal;

import org.jspecify.annotations.NullMarked;
