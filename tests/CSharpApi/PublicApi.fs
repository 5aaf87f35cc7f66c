// The public face as text, one line a member, in a fixed order: what a caller compiles against.
module SipFun.Tests.CSharpApi.PublicApi

open System
open System.Reflection
open System.Runtime.CompilerServices
open SipFun

/// The assemblies that are a face from end to end: SipFun and SipFun.Testing.
let faces = [ typeof<Dispatcher>.Assembly; typeof<Testing.SimulatedNetwork>.Assembly ]

/// The faces, and what callers hold of the core: the namespace SipFun.
let types =
    typeof<SipMessage>.Assembly :: faces
    |> List.collect (fun assembly -> List.ofArray (assembly.GetExportedTypes()))
    |> List.filter (fun one -> List.contains one.Assembly faces || one.Namespace = "SipFun")
    |> List.sortBy (fun one -> one.FullName)

let private flags =
    BindingFlags.Public
    ||| BindingFlags.NonPublic
    ||| BindingFlags.Instance
    ||| BindingFlags.Static
    ||| BindingFlags.DeclaredOnly

let private isVisible (method: MethodBase) =
    method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly

let private isGenerated (one: MemberInfo) =
    one.IsDefined(typeof<CompilerGeneratedAttribute>, false) && not (one :? PropertyInfo)

/// The members that a caller can see, without those a compiler adds to records.
let members (one: Type) =
    one.GetMembers flags
    |> List.ofArray
    |> List.filter (fun found ->
        match found with
        | :? MethodBase as method ->
            isVisible method
            && (not method.IsSpecialName || method.IsConstructor || method.Name.StartsWith "op_")
            && not (isGenerated method)
        | :? PropertyInfo as property -> property.GetAccessors true |> Array.exists isVisible
        | :? FieldInfo as field -> field.IsPublic && not field.IsSpecialName
        | _ -> false)

/// Every type named in a signature, the parts of generic ones and arrays included.
let rec parts (one: Type) : Type list =
    let inner =
        if one.HasElementType then
            match one.GetElementType() with
            | NonNull element -> parts element
            | _ -> []
        elif one.IsGenericType then
            List.collect parts (List.ofArray (one.GetGenericArguments()))
        else
            []

    one :: inner

let signature (found: MemberInfo) : Type list =
    match found with
    | :? MethodInfo as method ->
        method.ReturnType :: [ for parameter in method.GetParameters() -> parameter.ParameterType ]
    | :? ConstructorInfo as maker -> [
        for parameter in maker.GetParameters() -> parameter.ParameterType
      ]
    | :? PropertyInfo as property -> [ property.PropertyType ]
    | :? FieldInfo as field -> [ field.FieldType ]
    | _ -> []

let rec private name (one: Type) : string =
    if one.IsByRef then
        match one.GetElementType() with
        | NonNull element -> "ref " + name element
        | _ -> one.Name
    elif one.IsArray then
        match one.GetElementType() with
        | NonNull element -> name element + "[]"
        | _ -> one.Name
    elif one.IsGenericType then
        let plain = one.Name.Split('`')[0]
        let arguments = one.GetGenericArguments() |> Array.map name
        $"""{plain}<{String.Join(", ", arguments)}>"""
    else
        one.Name

let private parameters (method: MethodBase) =
    String.Join(
        ", ",
        [
            for one in method.GetParameters() ->
                let tail = if one.IsOptional then "?" else ""
                $"{name one.ParameterType} {one.Name}{tail}"
        ]
    )

let private accessors (property: PropertyInfo) =
    match property.SetMethod with
    | NonNull setter when isVisible setter ->
        let isInit =
            setter.ReturnParameter.GetRequiredCustomModifiers()
            |> Array.contains typeof<IsExternalInit>

        if isInit then "get; init;" else "get; set;"
    | _ -> "get;"

let private line (found: MemberInfo) =
    match found with
    | :? ConstructorInfo as maker -> $"new({parameters maker})"
    | :? MethodInfo as method ->
        let shared = if method.IsStatic then "static " else ""
        $"{shared}{name method.ReturnType} {method.Name}({parameters method})"
    | :? PropertyInfo as property ->
        $"{name property.PropertyType} {property.Name} {{ {accessors property} }}"
    | :? FieldInfo as field when field.IsLiteral ->
        $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue())}"
    | other -> other.Name

let private kind (one: Type) =
    if one.IsEnum then "enum"
    elif one.IsInterface then "interface"
    elif one.IsValueType then "struct"
    elif one.IsAbstract && one.IsSealed then "static class"
    elif one.IsAbstract then "abstract class"
    else "class"

let private title (one: Type) =
    let outer =
        if one.IsNested then
            $"{one.DeclaringType |> nonNull |> _.Name}."
        else
            ""

    let ancestor =
        match one.BaseType with
        | NonNull ancestor when one.IsClass && ancestor <> typeof<obj> -> $" : {name ancestor}"
        | _ -> ""

    $"{kind one} {one.Namespace}.{outer}{name one}{ancestor}"

/// All of it.
let text () =
    String.Join(
        "\n",
        [
            for one in types do
                title one

                for found in List.sort (List.map line (members one)) do
                    "    " + found

                ""
        ]
    )
