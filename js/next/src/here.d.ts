/** The folder that this module lies in. The build writes it, for each of the two kinds of modules. */
export declare const here: string
