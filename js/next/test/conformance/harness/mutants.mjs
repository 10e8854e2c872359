export const mutants = {}
