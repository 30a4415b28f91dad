/** Implementation of the module; not for other modules. */
@NullMarked
package dev.tethys.web.internal;

import org.jspecify.annotations.NullMarked;
