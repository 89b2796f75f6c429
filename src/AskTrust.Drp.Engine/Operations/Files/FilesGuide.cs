using System.Text;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>The part of <c>RESTORE.md</c> on folders with files.</summary>
internal static class FilesGuide
{
    public static void Write(StringBuilder page, ComponentFacts facts, FilesFacts files, IReadOnlyList<BackupArtifact> artifacts)
    {
        page.Append($"\n## {facts.Component} (files / fichiers)\n\n");
        page.Append("GNU tar. As root owners come back too. The files go into the folder `restored` here; move them to their place when you are satisfied.\n");
        page.Append("*GNU tar. En tant que root les propriétaires sont rétablis aussi. Les fichiers vont dans le dossier `restored` ; déplacez-les une fois vérifiés.*\n");
        if (files.Chain is { } chain) WriteChain(page, chain);
        foreach (FolderFacts folder in files.Folders)
        {
            string stem = folder.Archive[..^".tar".Length], place = RestoreGuide.Shell($"restored/{stem}");
            FolderCounts all = folder.Restored();
            page.Append($"\n{OneLine(folder.Path)}: {all.Files} files / *fichiers*, {all.Bytes} bytes / *octets*.\n\n```sh\nmkdir -p {place}\n");
            if (files.Chain is { } links)
            {
                page.Append($"for set in {string.Join(' ', links.Select(l => "../" + l.Set))} .; do\n");
                page.Append($"  for gone in \"$set\"/{stem}.gone*; do [ ! -e \"$gone\" ] || plain \"$gone\" | (cd {place} && xargs -0 -r rm -rf --); done\n");
                page.Append($"  plain \"$set\"/{folder.Archive}* | {Tar(place)}\ndone\n");
            }
            else
            {
                foreach (var artifact in artifacts.Where(a => ComponentSet.IsNamed(a, folder.Archive))) page.Append($"{RestoreGuide.Plain(artifact)} | {Tar(place)}\n");
            }

            page.Append("```\n");
        }
    }

    private static string Tar(string place) => $"LC_ALL=C {GnuTar.Program} --extract --preserve-permissions --numeric-owner --acls --xattrs --directory={place} --file=-";

    /// <summary>The sets of a chain lie beside each other, as in the repository; each may be compressed and encrypted in its own way.</summary>
    private static void WriteChain(StringBuilder page, IReadOnlyList<ChainLink> chain)
    {
        page.Append($"\nThis set holds what changed since {chain[^1].Set}. The folders of {string.Join(", ", chain.Select(l => l.Set))} have to lie beside this one;\n");
        page.Append("each has its own RESTORE.md with its checksums. From the oldest on: remove what was gone, then extract what was new.\n");
        page.Append("*Ce jeu contient ce qui a changé depuis le précédent. Les dossiers nommés ci-dessus doivent se trouver à côté de celui-ci. Du plus ancien au plus récent :\n");
        page.Append("supprimer ce qui avait disparu, puis extraire ce qui était nouveau.*\n\n```sh\n").Append(RestoreGuide.PlainFunction).Append("```\n");
    }

    private static string OneLine(string path) => $"`{path.Replace('`', '\'').ReplaceLineEndings(" ")}`";
}
