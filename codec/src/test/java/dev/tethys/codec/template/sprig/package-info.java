/** Tests of template functions. */
@NullMarked
package dev.tethys.codec.template.sprig;

import org.jspecify.annotations.NullMarked;
