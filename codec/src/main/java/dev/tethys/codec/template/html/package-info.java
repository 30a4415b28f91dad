/** Templates that write HTML: values are escaped for the place where they stand. */
@NullMarked
package dev.tethys.codec.template.html;

import org.jspecify.annotations.NullMarked;
